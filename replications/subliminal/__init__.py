"""Does a preference cross on numbers alone: four teachers, four read-outs, five seeds."""
