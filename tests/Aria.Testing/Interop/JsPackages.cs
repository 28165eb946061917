using System.Diagnostics;
using System.Security.Cryptography;

namespace Aria.Testing.Interop;

/// <summary>The packages of a folder under <c>tests</c>: installed by <c>npm ci</c> into its <c>node_modules</c> when the lock file changed.</summary>
public static class JsPackages
{
    private const int MaxTries = 3;

    /// <summary>The path of <c>tests/NAME</c> with everything installed; skips the test where node or npm is missing.</summary>
    public static async Task<string> InstalledAsync(string name, CancellationToken cancellationToken)
    {
        Prerequisite.Demand(Prerequisite.HasProgram("node") && Prerequisite.HasProgram("npm"), $"node and npm are needed for tests/{name}");
        string folder = Path.Combine(Fixtures.RepositoryRoot, "tests", name);
        string stamp = Path.Combine(folder, "node_modules", ".installed");
        string wanted = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, "package-lock.json"), cancellationToken)));

        // Several test programs may want it at once.
        Directory.CreateDirectory(Path.Combine(Fixtures.RepositoryRoot, "artifacts"));
        await using FileStream turn = await TakeTurnAsync(Path.Combine(Fixtures.RepositoryRoot, "artifacts", $"{name}.lock"), cancellationToken);
        if (!File.Exists(stamp) || await File.ReadAllTextAsync(stamp, cancellationToken) != wanted)
        {
            await InstallAsync(name, folder, cancellationToken);
            await File.WriteAllTextAsync(stamp, wanted, cancellationToken);
        }

        return folder;
    }

    // A registry may fail for a moment.
    private static async Task InstallAsync(string name, string folder, CancellationToken cancellationToken)
    {
        string? failure = null;
        for (int tries = 0; tries < MaxTries && (failure = await TryInstallAsync(folder, cancellationToken)) is not null; tries++)
        {
        }

        Prerequisite.Demand(failure is null, $"npm ci failed in tests/{name}: {failure}");
    }

    // Null, or what it said.
    private static async Task<string?> TryInstallAsync(string folder, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process npm = Process.Start(start)!;
        Task<string> output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = npm.StandardError.ReadToEndAsync(cancellationToken);
        await npm.WaitForExitAsync(cancellationToken);
        return npm.ExitCode == 0 ? null : $"{await errors} {await output}";
    }

    private static async Task<FileStream> TakeTurnAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }
}
