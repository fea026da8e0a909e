//! Integration tests of the workspace. The tests are in the other files of this folder.
