//! What is seen of the client from outside; see the tests beside this file.
