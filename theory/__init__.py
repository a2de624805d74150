"""What is claimed: closed forms to import, their derivations and their enclosures."""
