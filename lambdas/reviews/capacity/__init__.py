"""How full things are, where they are going, and whether their scaling does its work. Pure."""
