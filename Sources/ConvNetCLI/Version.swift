/// The program's version, as `convnet --version` and the files of a run say it.
let programVersion = "0.1.0"
