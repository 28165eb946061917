using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Connections;

/// <summary>Turns a byte connection into an authenticated one that carries streams.</summary>
internal sealed class Upgrader(PeerId self)
{
    /// <summary>Secures and muxes <paramref name="connection"/>. Where a peer was dialed, another one is refused before any stream exists.</summary>
    public async Task<MuxedConnection> UpgradeAsync(TransportConnection connection, bool isOutbound, PeerId? expected, CancellationToken cancellationToken)
    {
        try
        {
            if (connection is not MemoryConnection memory)
            {
                throw new DialFailedException("Only memory connections can be upgraded yet.");
            }

            MemorySession session = await MemorySession.MeetAsync(memory, self, isOutbound, cancellationToken).ConfigureAwait(false);
            return expected is null || session.RemotePeer == expected ? session : throw new PeerMismatchException(expected, session.RemotePeer);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
