"""The call-flow audit: a call log comes in, and what it says about missed calls comes out."""
