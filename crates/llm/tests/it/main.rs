//! Integration tests of the models against the scripted server.
