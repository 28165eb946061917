using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Aria.Testing;

namespace Aria.Engine.Tests.Quality;

/// <summary>llama.cpp as npm has it, built for one platform, called by <c>tests/llama-cpp/evaluate.mjs</c>.</summary>
internal static class LlamaCpp
{
    private static readonly string Folder = Path.Combine(Fixtures.RepositoryRoot, "tests", "llama-cpp");

    /// <summary>Its predictions after every token of the texts but the last.</summary>
    public static async Task<List<Prediction>> PredictAsync(string model, uint[][] texts, CancellationToken cancellationToken)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "tests/llama-cpp names the build for Linux on x64");
        Prerequisite.Demand(Prerequisite.HasProgram("node") && Prerequisite.HasProgram("npm"), "node and npm are needed for tests/llama-cpp");
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
        {
            // No lock file: it would have to list builds for platforms that npm leaves out where they are not to be had. package.json names exact versions.
            await RunAsync("npm", ["install", "--ignore-scripts", "--omit=optional", "--no-package-lock", "--no-audit", "--no-fund"], "", cancellationToken);
        }

        using JsonDocument document = JsonDocument.Parse(await RunAsync("node", ["evaluate.mjs"], JsonSerializer.Serialize(new { model, sequences = texts }), cancellationToken));
        return [.. document.RootElement.EnumerateArray().SelectMany(text => text.EnumerateArray()).Select(one => new Prediction(one[0].GetUInt32(), one[1].GetDouble(), one[2].GetDouble()))];
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string input, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        Task<string> answer = process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        return await answer;
    }
}
