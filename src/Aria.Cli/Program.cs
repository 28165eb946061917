return await Aria.Cli.Commands.CommandRunner.RunAsync(args);
