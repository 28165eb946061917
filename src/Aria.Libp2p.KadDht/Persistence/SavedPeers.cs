namespace Aria.Libp2p.KadDht.Persistence;

/// <summary>
/// Peers that were in the routing table when they were saved: addresses that end in a peer id, one a line, replaced by renaming. They are
/// dialed where nobody else answers, so that a node finds its network again though those it began with are gone.
/// </summary>
internal sealed class SavedPeers(string path)
{
    /// <summary>Peers kept.</summary>
    public const int MaxPeers = 100;

    private const int MaxFileBytes = 256 * 1024;

    /// <summary>What was saved; nothing where the file is absent, too long or cannot be read.</summary>
    public IReadOnlyList<Multiaddress> Load()
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MaxFileBytes }
                ? [.. File.ReadLines(path).Select(Parse).OfType<Multiaddress>().Take(MaxPeers)]
                : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Saves one address of each peer, the first; without peers the file stays as it is.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(IEnumerable<PeerInfo> peers)
    {
        string[] lines = [.. peers.Where(peer => peer.Addresses.Count > 0).Take(MaxPeers).Select(peer => peer.Addresses[0].WithPeer(peer.Id).ToString())];
        if (lines.Length > 0)
        {
            string written = path + ".new";
            File.WriteAllLines(written, lines);
            File.Move(written, path, overwrite: true);
        }
    }

    private static Multiaddress? Parse(string line) => Multiaddress.TryParse(line, out Multiaddress? address) && address.Peer is not null ? address : null;
}
