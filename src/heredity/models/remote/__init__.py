"""One client of remote models: the wire, the connection, how a request is asked, what replies mean, the endpoint."""
