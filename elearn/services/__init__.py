"""What the school does: every rule, as plain functions with the actor first."""
