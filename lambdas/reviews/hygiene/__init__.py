"""Whether an alarm helps: who acted on it, and what another threshold would have done. Pure."""
