using System.Globalization;
using Aria.Engine.Execution;
using Aria.Engine.Models;
using Aria.Engine.Transcript;

// Prints the transcript digest of the default model (specs/numerics.md §8) as one way of computing gives it, and the kernels used.
// Usage: Aria.Engine.Transcript STAGES CHUNK THREADS KERNELS COMPANY CANDIDATES TOKEN…
// chunk 0: the whole at once; company: other sequences that are computed together with it
if (args.Length < 7)
{
    Console.Error.WriteLine("Usage: Aria.Engine.Transcript STAGES CHUNK THREADS KERNELS COMPANY CANDIDATES TOKEN…");
    return 2;
}

int[] numbers = [.. args[..3].Concat(args[4..]).Select(arg => int.Parse(arg, CultureInfo.InvariantCulture))];
(int stages, int chunk, int threads, int company, int candidates) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
uint[] tokens = [.. numbers[5..].Select(token => (uint)token)];
using ModelFile model = ModelFile.Open("aria-tiny");
using StageChain chain = new(model, stages, new() { Threads = threads, Kernels = Enum.Parse<KernelPath>(args[3], ignoreCase: true) });
Console.WriteLine($"{chain.Run(tokens, chunk == 0 ? tokens.Length : chunk, candidates, company).Digest} {chain.Kernels}");
return 0;
