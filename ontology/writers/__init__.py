"""Records as the standards write them."""
