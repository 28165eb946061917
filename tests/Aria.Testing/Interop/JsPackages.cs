using System.Diagnostics;
using System.Security.Cryptography;

namespace Aria.Testing.Interop;

/// <summary>The packages of <c>tests/interop</c>: installed by <c>npm ci</c> into its <c>node_modules</c> when the lock file changed.</summary>
public static class JsPackages
{
    private static readonly string Folder = Path.Combine(Fixtures.RepositoryRoot, "tests", "interop");

    /// <summary>The folder with everything installed; skips the test where node or npm is missing.</summary>
    public static async Task<string> InstalledAsync(CancellationToken cancellationToken)
    {
        Prerequisite.Demand(Prerequisite.HasProgram("node") && Prerequisite.HasProgram("npm"), "node and npm are needed for the js-libp2p peer");
        string stamp = Path.Combine(Folder, "node_modules", ".installed");
        string wanted = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Folder, "package-lock.json"), cancellationToken)));

        // Several test programs may want it at once.
        Directory.CreateDirectory(Path.Combine(Fixtures.RepositoryRoot, "artifacts"));
        await using FileStream turn = await TakeTurnAsync(Path.Combine(Fixtures.RepositoryRoot, "artifacts", "interop.lock"), cancellationToken);
        if (!File.Exists(stamp) || await File.ReadAllTextAsync(stamp, cancellationToken) != wanted)
        {
            await InstallAsync(cancellationToken);
            await File.WriteAllTextAsync(stamp, wanted, cancellationToken);
        }

        return Folder;
    }

    private static async Task InstallAsync(CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process npm = Process.Start(start)!;
        Task<string> output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = npm.StandardError.ReadToEndAsync(cancellationToken);
        await npm.WaitForExitAsync(cancellationToken);
        Prerequisite.Demand(npm.ExitCode == 0, $"npm ci failed in tests/interop: {await errors} {await output}");
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
