"""What `POST /bounces/PROVIDER` does: prove who sent it, store its events, act on them."""
