"""What the school writes to people: one module for each letter, its words in `templates/emails/`."""
