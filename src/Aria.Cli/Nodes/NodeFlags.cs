using System.CommandLine;
using Aria.Cli.Commands;
using Aria.Engine.Execution;
using Aria.Ledger.Entries;
using Aria.Libp2p;
using Aria.Libp2p.Transports;

namespace Aria.Cli.Nodes;

/// <summary>The flags of <c>aria node run</c> (specs/testnet.md §2).</summary>
internal sealed class NodeFlags
{
    /// <summary>The network that a node joins when nothing is said.</summary>
    public const string DefaultNetwork = "aria-testnet";

    /// <summary>Loopback and a port that the system chooses: nothing leaves this machine unless asked.</summary>
    public const string DefaultListen = "/ip4/127.0.0.1/tcp/0";

    private const string DefaultName = "node";

    public Option<string?> Name { get; } = OptionParsers.Text("--name", $"What people call it; default \"{DefaultName}\"", "NAME");

    public Option<string[]> Listen { get; } = Many("--listen", $"Where to listen for peers; default {DefaultListen}", "MULTIADDRESS");

    public Option<string[]> Bootstrap { get; } = Many("--bootstrap", "A node to join by, its address with /p2p; may be given several times", "MULTIADDRESS");

    public Option<string?> Network { get; } = OptionParsers.Text("--network", $"Which network; default {DefaultNetwork}", "ID");

    public Option<string?> Model { get; } = OptionParsers.Text("--model", "A built-in model or a GGUF file; default aria-tiny", "MODEL", "-m");

    public Option<string?> Layers { get; } = OptionParsers.Text("--layers", "all, none, or a-b: layers a to b - 1; default all", "a-b");

    public Option<bool?> Embedding { get; } = new("--embedding") { Description = "Whether it embeds; default: when it has layer 0", HelpName = "true|false" };

    public Option<bool?> Head { get; } = new("--head") { Description = "Whether it has the head; default: when it has the last layer", HelpName = "true|false" };

    public Option<int?> Threads { get; } = OptionParsers.Int("--threads", "Compute threads; default 1", 1, 256);

    public Option<string?> Kernels { get; } = OptionParsers.Text("--kernels", "Which kernels: auto, scalar, simd or native; default auto", "PATH");

    public Option<int?> KvPositions { get; } = OptionParsers.Int("--kv-positions", "Positions of all answers together that it keeps keys and values for; default 16384", 1, 1 << 24);

    public Option<string?> Identity { get; } = OptionParsers.Text("--identity", "File of the node's key, made when absent; default: in the data folder", "FILE");

    public Option<string?> Seed { get; } = OptionParsers.Text("--seed", "Derives the key from a text: for tests, such a key is no secret", "TEXT");

    public Option<string?> Data { get; } = OptionParsers.Text("--data", "Folder of its ledger and traces; default: nodes/NAME among the data", "DIR");

    public Option<double?> Tdp { get; } = OptionParsers.Real("--tdp", "Watts of the processor's thermal design power: receipts then claim energy, by RAPL where readable, else as an estimated range; default: no claim", 0.1, 10_000);

    public Option<string?> Psk { get; } = OptionParsers.Text("--psk", "File with the pre-shared key of a private network (swarm.key): only peers that have it connect; default: none", "FILE");

    public Option<bool> Mdns { get; } = OptionParsers.Flag("--mdns", "Find nodes on the same link, and be found, by multicast DNS");

    public Option<bool> Nat { get; } = OptionParsers.Flag("--nat", "This node may be behind a NAT: ask others whether they reach it, and meet peers behind relays directly");

    public Option<string[]> Relay { get; } = Many("--relay", "A relay to listen at, its address with /p2p; implies --nat; may be given several times", "MULTIADDRESS");

    public Option<bool> ServeRelay { get; } = OptionParsers.Flag("--serve-relay", "Relay for others, and tell them whether they can be reached");

    public Option<bool> Lifeline { get; } = OptionParsers.Flag("--lifeline", "Stop when standard input ends, and leave Ctrl-C to whoever holds it");

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Name, Listen, Bootstrap, Network, Model, Layers, Embedding, Head, Threads, Kernels, KvPositions, Identity, Seed, Data, Tdp, Psk, Mdns, Nat, Relay, ServeRelay, Lifeline })
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetResult(Identity) is not null && result.GetResult(Seed) is not null)
            {
                result.AddError("--identity and --seed name two keys: give one.");
            }
        });
    }

    public NodeSettings Read(CommandScope scope)
    {
        string name = scope.Get(Name) is not { } given ? DefaultName
            : Testnet.TestnetFolder.IsName(given) ? given
            : throw CommandFailedException.Usage($"--name: \"{given}\" is no name of a node: up to 32 letters, digits, - and _.");
        string data = Path.GetFullPath(scope.Get(Data) ?? Path.Combine(scope.Folders.Data, "nodes", name));
        byte[] seed = scope.Get(Seed) is { } text ? NodeIdentity.FromText(text) : NodeIdentity.FromFile(scope.Get(Identity) ?? Path.Combine(data, "identity"));
        string[] listen = scope.Get(Listen) ?? [];
        return new(
            name,
            [.. (listen.Length == 0 ? [DefaultListen] : listen).Select(address => Address("--listen", address))],
            [.. (scope.Get(Bootstrap) ?? []).Select(address => Address("--bootstrap", address))],
            NetworkOf(scope.Get(Network)),
            scope.Get(Model) ?? Testnet.Topology.DefaultModel,
            ServedLayers.Parse(scope.Get(Layers) ?? ServedLayers.AllWord),
            scope.Get(Embedding),
            scope.Get(Head),
            scope.Get(Threads) ?? 1,
            KernelsOf(scope.Get(Kernels)),
            seed,
            data,
            scope.Get(Tdp),
            new()
            {
                PrivateNetwork = scope.Get(Psk) is { } file ? KeyOf(file) : null,
                FindsOnLink = scope.Get(Mdns),
                MayBeBehindNat = scope.Get(Nat),
                Relays = [.. (scope.Get(Relay) ?? []).Select(address => Address("--relay", address))],
                ServesOthers = scope.Get(ServeRelay),
            },
            scope.Get(KvPositions));
    }

    private static string NetworkOf(string? text) =>
        text is null ? DefaultNetwork
        : LedgerOrigin.IsNetworkId(text) ? text
        : throw CommandFailedException.Usage($"--network: \"{text}\" is no network id: 1 to {LedgerOrigin.MaxNetworkLength} letters, digits, dots, hyphens and underscores are expected.");

    private static PreSharedKey KeyOf(string file)
    {
        const int MaxFileBytes = 4096;
        try
        {
            if (new FileInfo(file).Length <= MaxFileBytes && PreSharedKey.TryParse(File.ReadAllBytes(file), out PreSharedKey? key))
            {
                return key;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Usage($"--psk: {file} cannot be read: {e.Message.TrimEnd('.')}.");
        }

        throw CommandFailedException.Usage($"--psk: {file} is no key file: /key/swarm/psk/1.0.0/, /base16/ and 64 hexadecimal digits are expected, each on a line.");
    }

    private static Multiaddress Address(string flag, string text)
    {
        if (!Multiaddress.TryParse(text, out Multiaddress? address))
        {
            throw CommandFailedException.Usage($"{flag}: \"{text}\" is no multiaddress.", $"{flag} {DefaultListen}");
        }

        bool dials = flag is "--bootstrap" or "--relay";
        return dials == (address.Peer is not null)
            ? address
            : throw CommandFailedException.Usage(dials ? $"{flag}: \"{text}\" does not end in /p2p and the peer's id." : $"{flag}: \"{text}\" names a peer; a node's own id follows from its key.");
    }

    private static KernelPath KernelsOf(string? text) =>
        text is null ? KernelPath.Auto
        : Enum.TryParse(text, ignoreCase: true, out KernelPath path) && !char.IsAsciiDigit(text[0]) && text.All(char.IsAsciiLetter) ? path
        : throw CommandFailedException.Usage($"--kernels: auto, scalar, simd or native is expected, not \"{text}\".");

    private static Option<string[]> Many(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.ZeroOrMore };
}
