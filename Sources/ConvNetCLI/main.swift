internal import ConvNetTerminal

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

let program = CommandLineTool(
  name: "convnet", version: programVersion, summary: "convolutional networks on any CPU",
  commands: [
    TrainCommand.command, EvalCommand.command, PredictCommand.command,
    ExplainCommand.command, VerifyCommand.command, AtlasCommand.command, LabCommand.command,
    SummaryCommand.command,
    BenchCommand.command,
    RunCommand.command, ImportCommand.command, ExportCommand.command, ConvertCommand.command,
    DataCommand.command, ModelsCommand.command, DoctorCommand.command,
  ])
exit(await program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
