"""Equal load on every protocol: closed loop, over HTTP as a user asks, measured from request to end."""
