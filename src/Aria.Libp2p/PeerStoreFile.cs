using System.Text;

namespace Aria.Libp2p;

/// <summary>
/// Peers and their addresses in a text file, one address ending in <c>/p2p/&lt;id&gt;</c> per line, the peers heard of last first. Writing replaces the file as a whole; reading
/// passes over lines that are no such address, and a file that is missing or longer than <see cref="MaxBytes"/> holds nobody.
/// </summary>
public sealed class PeerStoreFile(string path)
{
    /// <summary>The longest file that is read, in bytes.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>The most peers that are written.</summary>
    public const int MaxPeers = 1000;

    /// <summary>The peers of the file in its order. Throws <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/>.</summary>
    public IReadOnlyList<PeerInfo> Read()
    {
        FileInfo file = new(path);
        if (!file.Exists || file.Length > MaxBytes)
        {
            return [];
        }

        OrderedDictionary<PeerId, List<Multiaddress>> peers = [];
        foreach (string line in File.ReadLines(path))
        {
            if (!Multiaddress.TryParse(line.Trim(), out Multiaddress? address) || address.Parts.Length < 2 || address.Peer is not { } peer)
            {
                continue;
            }

            if (!peers.TryGetValue(peer, out List<Multiaddress>? addresses))
            {
                peers.Add(peer, addresses = []);
            }

            addresses.Add(address);
        }

        return [.. peers.Select(one => new PeerInfo(one.Key, one.Value))];
    }

    /// <summary>Puts these peers in place of those of the file. Throws <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/>.</summary>
    public void Write(IEnumerable<PeerInfo> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        string draft = path + ".new";
        using (StreamWriter writer = new(draft, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            foreach (PeerInfo peer in peers.Take(MaxPeers))
            {
                foreach (Multiaddress address in peer.Addresses)
                {
                    writer.WriteLine(address.WithPeer(peer.Id));
                }
            }
        }

        File.Move(draft, path, overwrite: true);
    }
}
