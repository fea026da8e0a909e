//! Tests of traces and metrics. The tests are in the other files of this folder.
