"""What things cost, and what could be saved. Pure, but for the bill."""
