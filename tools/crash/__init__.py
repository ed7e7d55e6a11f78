"""Programs that kill parts of the school in the middle of their work, and look whether anything was lost."""
