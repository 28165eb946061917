using System.CommandLine;
using System.Globalization;
using Aria.Cli.Dht;
using Aria.Cli.Nodes;
using Aria.Cli.Output;
using Aria.Engine.Models;
using Aria.Gateway.Dht;
using Aria.Libp2p;

namespace Aria.Cli.Commands;

/// <summary><c>aria dht find peer|providers|closest</c>.</summary>
internal static class DhtFindCommand
{
    public static Command Create(GlobalOptions globals) =>
        CommandRunner.Group("find", "Find a peer, the providers of a model, or the peers closest to a key", Peer(globals), Providers(globals), Closest(globals));

    private static Command Peer(GlobalOptions globals)
    {
        DhtAccess access = new();
        Argument<string> id = new("PEER") { Description = "The peer's id, such as 12D3KooW…" };
        Command command = new("peer", "Find a peer's addresses; exits 5 where nobody knows any") { id };
        access.AddTo(command);
        command.Runs(globals, scope =>
        {
            PeerId peer = PeerId.TryParse(scope.Get(id)!, out PeerId? read) ? read : throw CommandFailedException.Usage($"\"{scope.Get(id)}\" is no peer id.", "aria peers");
            return access.RunAsync(
                scope,
                (network, cancelled) => network.FindPeerAsync(peer, cancelled),
                (gateway, cancelled) => gateway.TryGetAsync(access.Path(scope, "peer", ("id", peer.ToString())), cancelled),
                answer => Print(scope, answer),
                _ => $"Nobody knows an address of {peer}.");
        });
        return command;
    }

    private static Command Providers(GlobalOptions globals)
    {
        DhtAccess access = new();
        Argument<string> model = new("MODEL") { Description = "A model: its id, a built-in name or a file; or a sha2-256 multihash in hexadecimal digits (1220…)" };
        Option<int?> max = OptionParsers.Int("--max", $"Stop at so many; default {DhtQueries.DefaultMaxProviders}", 1, 256);
        Command command = new("providers", "Find who announced to provide a model; exits 5 where nobody did") { model };
        command.Add(max);
        access.AddTo(command);
        command.Runs(globals, scope =>
        {
            byte[] key = ProviderKey(scope.Get(model)!);
            int most = scope.Get(max) ?? DhtQueries.DefaultMaxProviders;
            return access.RunAsync(
                scope,
                (network, cancelled) => network.FindProvidersAsync(key, most, cancelled),
                (gateway, cancelled) => gateway.TryGetAsync(
                    access.Path(scope, "providers", ("key", DhtKey.Format(key)), ("max", most.ToString(CultureInfo.InvariantCulture))), cancelled),
                answer => Print(scope, answer),
                answer => $"Nobody announced to provide {answer.Key}.");
        });
        return command;
    }

    private static Command Closest(GlobalOptions globals)
    {
        DhtAccess access = new();
        Argument<string> key = new("KEY") { Description = "A key as of aria dht get, or a peer's id" };
        Command command = new("closest", "Find the peers closest to a key, the closest first") { key };
        access.AddTo(command);
        command.Runs(globals, scope =>
        {
            string text = scope.Get(key)!;
            byte[] place = DhtKey.TryParsePlace(text, out byte[]? read) ? read : DhtGetCommand.Key(text);
            return access.RunAsync(
                scope,
                (network, cancelled) => network.FindClosestAsync(place, cancelled),
                (gateway, cancelled) => gateway.TryGetAsync(access.Path(scope, "closest", ("key", DhtKey.Format(place))), cancelled),
                answer => Print(scope, answer),
                answer => $"No peer answered near {answer.Key}.");
        });
        return command;
    }

    private static byte[] ProviderKey(string text)
    {
        if (DhtKey.TryParseProvided(text, out byte[]? key))
        {
            return key;
        }

        using ModelFile model = ModelNames.Open(text);
        return Discovery.CapabilityRecord.ProviderKeyOf(model.Id);
    }

    private static void Print(CommandScope scope, DhtAnswer answer)
    {
        bool near = answer.Peers.Any(peer => peer.PrefixBits is not null);
        TextTable table = near ? new("PEER", "BITS", "ADDRESSES") : new("PEER", "ADDRESSES");
        foreach (DhtPeer peer in answer.Peers)
        {
            string addresses = peer.Addresses.Count == 0 ? "none known" : string.Join(' ', peer.Addresses);
            table.Add(near ? [peer.Peer, (peer.PrefixBits ?? 0).ToString(CultureInfo.InvariantCulture), addresses] : [peer.Peer, addresses]);
        }

        table.Print(scope.Terminal);
    }
}
