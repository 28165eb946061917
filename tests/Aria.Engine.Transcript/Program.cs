using System.Globalization;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Transcript;

// Prints the transcript digest of the default model (specs/numerics.md §8) as one way of computing gives it, and the kernels used.
// Usage: Aria.Engine.Transcript STAGES CHUNK THREADS KERNELS CANDIDATES TOKEN…       chunk 0: the whole at once
if (args.Length < 6)
{
    Console.Error.WriteLine("Usage: Aria.Engine.Transcript STAGES CHUNK THREADS KERNELS CANDIDATES TOKEN…");
    return 2;
}

int[] numbers = [.. args[..3].Concat(args[4..]).Select(arg => int.Parse(arg, CultureInfo.InvariantCulture))];
EngineOptions options = new() { Threads = numbers[2], Kernels = Enum.Parse<KernelPath>(args[3], ignoreCase: true) };
uint[] tokens = [.. numbers[4..].Select(token => (uint)token)];
using ModelFile model = ModelFile.Open("aria-tiny");
using StageChain chain = new(model, numbers[0], options);
Console.WriteLine($"{chain.Run(tokens, numbers[1] == 0 ? tokens.Length : numbers[1], numbers[3])} {chain.Kernels}");
return 0;
