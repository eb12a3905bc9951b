"""What the incident table tells about weeks, months and quarters. Pure."""
