"""An agency's pages on the public host: its businesses, bringing them in, playbooks, members, look."""
