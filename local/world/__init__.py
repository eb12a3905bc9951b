"""The World: what AWS would answer about a customer's workload during one incident (docs/worlds.md)."""
