using System.CommandLine;
using Aria.Benchmarks;

RootCommand root = new("Measures ARIA beside other programs.") { PeersCommand.Create() };
return await root.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
