using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Aria.Testing;

namespace Aria.EndToEnd.Tests.Testnets;

/// <summary>A testnet that <c>aria testnet up</c> runs in a process of its own, on free ports; ended with the test.</summary>
public sealed class RunningTestnet : IAsyncDisposable
{
    private readonly Process _supervisor;
    private readonly Task<string> _error;
    private readonly bool _ownsHome;

    private RunningTestnet(AriaHome home, bool ownsHome, Process supervisor, Task<string> error, JsonElement document)
    {
        (Home, _ownsHome, _supervisor, _error, Document) = (home, ownsHome, supervisor, error, document);
        Testnet = document.GetProperty("testnet");
    }

    public AriaHome Home { get; }

    /// <summary>What <c>up --json</c> printed.</summary>
    public JsonElement Document { get; }

    /// <summary>Its <c>testnet</c> part.</summary>
    public JsonElement Testnet { get; }

    public string Name => Testnet.GetProperty("name").GetString()!;

    public Uri Url => new(Testnet.GetProperty("url").GetString()!);

    public int Pid => _supervisor.Id;

    public IReadOnlyList<JsonElement> Nodes => [.. Testnet.GetProperty("nodes").EnumerateArray()];

    public JsonElement Gateway => Testnet.GetProperty("gateway");

    public IReadOnlyList<int> NodePids => [.. Nodes.Select(node => node.GetProperty("pid").GetInt32())];

    /// <summary>Every TCP port that the testnet holds.</summary>
    public IReadOnlyList<int> Ports => [Url.Port, .. Nodes.Append(Gateway).Select(node => PortOf(node.GetProperty("address").GetString()!))];

    public JsonElement Node(string name) => Nodes.Single(node => node.GetProperty("name").GetString() == name);

    /// <summary>The name of the node that has a key.</summary>
    public string NameOf(string nodeId) =>
        Nodes.Append(Gateway).Where(node => node.GetProperty("node_id").GetString() == nodeId).Select(node => node.GetProperty("name").GetString()!).FirstOrDefault() ?? nodeId;

    /// <summary>Starts a testnet with these arguments after <c>aria testnet up</c>, and waits until it is ready.</summary>
    public static Task<RunningTestnet> StartAsync(params string[] arguments) => StartAsync(new AriaHome(), ownsHome: true, arguments);

    /// <summary>The same, in a home that outlives it.</summary>
    public static Task<RunningTestnet> StartInAsync(AriaHome home, params string[] arguments) => StartAsync(home, ownsHome: false, arguments);

    private static async Task<RunningTestnet> StartAsync(AriaHome home, bool ownsHome, string[] arguments)
    {
        Process supervisor = AriaProgram.Start(["testnet", "up", "--port", "0", "--peer-port", "0", "--timeout", AriaHome.Long, "--json", .. arguments], home.Environment);
        Task<string> error = supervisor.StandardError.ReadToEndAsync(CancellationToken.None);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(AriaHome.Patience);
        try
        {
            JsonElement document = await ReadDocumentAsync(supervisor.StandardOutput, patience.Token);
            if (document.TryGetProperty("error", out JsonElement failure))
            {
                Assert.Fail($"The testnet did not start: {failure}\n{await error}");
            }

            return new(home, ownsHome, supervisor, error, document);
        }
        catch
        {
            supervisor.Kill();
            if (ownsHome)
            {
                await supervisor.WaitForExitAsync(CancellationToken.None);
            }

            throw;
        }
    }

    /// <summary>Runs <c>aria</c> in the testnet's home; it must end with <paramref name="exitCode"/>.</summary>
    public Task<ProgramRun> AriaAsync(int exitCode, params string[] arguments) => Home.RunAsync(exitCode, arguments);

    /// <summary>The document of <c>aria … --json</c>.</summary>
    public async Task<JsonElement> JsonAsync(int exitCode, params string[] arguments) =>
        JsonDocument.Parse((await Home.RunAsync(exitCode, [.. arguments, "--json"])).Output).RootElement;

    /// <summary>Continues a text, the best token always.</summary>
    public Task<JsonElement> CompleteAsync(string prompt, int maxTokens, params string[] more) =>
        JsonAsync(0, ["complete", prompt, "--temp", "0", "--max-tokens", $"{maxTokens}", .. more]);

    /// <summary>Waits until the gateway knows what a node from outside serves.</summary>
    public async Task WhenListedAsync(string peerId)
    {
        await Eventually.HoldsAsync(async () => (await JsonAsync(0, "peers")).GetProperty("data").EnumerateArray()
            .Any(peer => peer.GetProperty("peer").GetString() == peerId && peer.GetProperty("served").GetArrayLength() > 0));
    }

    /// <summary>Waits until these nodes, by name or address, have a record in their logs: the answer does not wait for all of them.</summary>
    public async Task WhenRecordedAsync(string record, params string[] nodes)
    {
        foreach (string node in nodes)
        {
            await Eventually.HoldsAsync(async () => (await JsonAsync(0, "ledger", "list", "--node", node, "--limit", "100")).GetProperty("entries").EnumerateArray()
                .Any(entry => entry.GetProperty("kind").GetString() == "record" && entry.GetProperty("record").GetProperty("record").GetString() == record));
        }
    }

    /// <summary>Sends a signal to the supervisor.</summary>
    public async Task SignalAsync(string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", $"{_supervisor.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Sends a signal to the supervisor and waits for its end.</summary>
    public async Task<int> EndAsync(string signal)
    {
        await SignalAsync(signal);
        await _supervisor.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(AriaHome.Patience);
        return _supervisor.ExitCode;
    }

    /// <summary>
    /// Waits until none of its processes is left, and with them none that holds one of its ports; false when that does not come about. A port that is taken
    /// afterwards is another program's: the system gives it to whoever asks next.
    /// </summary>
    public async Task<bool> IsGoneAsync()
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(AriaHome.Patience);
        try
        {
            while (NodePids.Any(IsAlive) || Ports.Any(IsHeldByOurs))
            {
                await Task.Delay(50, patience.Token);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_supervisor.HasExited)
        {
            using Process kill = Process.Start("kill", ["-TERM", $"{_supervisor.Id}"]);
            await kill.WaitForExitAsync(CancellationToken.None);
            try
            {
                await _supervisor.WaitForExitAsync(CancellationToken.None).WaitAsync(AriaHome.Patience);
            }
            catch (TimeoutException)
            {
                _supervisor.Kill();
                await _supervisor.WaitForExitAsync(CancellationToken.None);
            }
        }

        await _error;
        await IsGoneAsync();
        _supervisor.Dispose();
        if (_ownsHome)
        {
            Home.Dispose();
        }
    }

    private static int PortOf(string address) => int.Parse(address.Split('/')[4], System.Globalization.CultureInfo.InvariantCulture);

    // A process that has ended and was not waited for yet runs no more.
    private static bool IsAlive(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // Taken, while some process of this home is left. A process tells its environment to its user.
    private bool IsHeldByOurs(int port) => IsTaken(port) && Directory.EnumerateDirectories("/proc").Any(IsOurs);

    private bool IsOurs(string process)
    {
        try
        {
            return int.TryParse(Path.GetFileName(process), out int pid) && IsAlive(pid)
                && File.ReadAllText(Path.Combine(process, "environ")).Split('\0').Contains($"ARIA_HOME={Home.Path}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsTaken(int port)
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port));
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    // The document is indented: it ends with the first line that is a brace alone.
    private static async Task<JsonElement> ReadDocumentAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        StringBuilder text = new();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            text.AppendLine(line);
            if (line == "}")
            {
                break;
            }
        }

        return text.Length > 0 ? JsonDocument.Parse(text.ToString()).RootElement : throw new InvalidDataException("The program printed no document.");
    }
}
