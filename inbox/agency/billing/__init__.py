"""Money of an agency: what its businesses cost, what their clients pay, and what is left."""
