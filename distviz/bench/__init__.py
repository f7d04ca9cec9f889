"""Equal load on every protocol: closed loop, over HTTP as a client, measured from request to end."""
