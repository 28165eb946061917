namespace Aria.Cli.Testnet;

/// <summary>Held by the supervisor of a named testnet; the system releases it however the supervisor ends.</summary>
internal sealed class TestnetLock : IDisposable
{
    private readonly FileStream _file;

    private TestnetLock(FileStream file) => _file = file;

    /// <exception cref="CommandFailedException">Another supervisor runs this testnet; it is named.</exception>
    public static TestnetLock Take(TestnetFolder folder)
    {
        Directory.CreateDirectory(folder.State);
        try
        {
            return new(new FileStream(folder.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            TestnetState? running = TestnetState.TryReadRunning(folder);
            string who = running is null ? "another process (it is just starting, or stopping)" : $"pid {running.Pid} `{running.Command}`";
            string where = running is null ? "" : $" It answers at {running.ApiUrl} and holds port {new Uri(running.Url).Port}.";
            throw CommandFailedException.Precondition(
                "testnet_running", $"Testnet '{folder.Name}' is already run by {who}.{where}", "use it: aria testnet status    stop it: aria testnet down    or start another: aria testnet up --name other --port 0 --peer-port 0");
        }
    }

    public void Dispose() => _file.Dispose();
}
