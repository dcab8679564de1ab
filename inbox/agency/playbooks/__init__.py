"""An agency's playbooks: a business's set-up, saved, given to others, compared and taken back."""
