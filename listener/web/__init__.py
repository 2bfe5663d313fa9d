"""What listens for the web: Starlette lives only here. Loopback by default; TLS stands in front of it."""
