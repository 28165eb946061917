using Aria.Libp2p.Connections;
using Aria.Libp2p.Streams;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p;

/// <summary>What time asks for, and what stays when the peer goes.</summary>
public sealed partial class LocalPeer
{
    private const int TicksBetweenWrites = 60;

    private int _ticks;
    private long _writtenVersion;

    private void Tick()
    {
        IReadOnlyList<PeerConnection> connections = _connections.All;
        foreach (PeerConnection connection in connections)
        {
            connection.Tick();
        }

        foreach (PeerConnection surplus in _pruning.Choose(connections, one => one.IdleFor, one => one.Age, one => _connections.IsProtected(one.RemotePeer)))
        {
            LogPruned(_logger, surplus.RemotePeer, connections.Count);
            _tasks.Run(() => surplus.CloseAsync().AsTask());
        }

        if (Interlocked.Increment(ref _ticks) % TicksBetweenWrites == 0)
        {
            WritePeerStore();
        }

        BlockPool.Shared.TrimNowAndThen();
    }

    private void CloseRefused()
    {
        foreach (PeerConnection connection in _connections.All.Where(one => Gate.Refuses(one.RemotePeer) || Gate.Refuses(one.RemoteAddress)))
        {
            _tasks.Run(() => connection.CloseAsync().AsTask());
        }
    }

    private void ReadPeerStore()
    {
        if (_options.PeerStorePath is not { } path)
        {
            return;
        }

        try
        {
            foreach (PeerInfo peer in new PeerStoreFile(path).Read().Reverse())
            {
                _book.Add(peer.Id, peer.Addresses.Reverse(), isProven: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotRead(_logger, path, exception);
        }

        _writtenVersion = _book.Version;
    }

    private void WritePeerStore()
    {
        if (_options.PeerStorePath is not { } path || _book.Version == _writtenVersion)
        {
            return;
        }

        try
        {
            long version = _book.Version;
            new PeerStoreFile(path).Write(_book.Proven);
            _writtenVersion = version;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(_logger, path, exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The connection to {Peer}, which nobody used, made room: there were {Connections}")]
    private static partial void LogPruned(ILogger logger, PeerId peer, int connections);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The peers in {Path} could not be read")]
    private static partial void LogNotRead(ILogger logger, string path, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The peers could not be written to {Path}")]
    private static partial void LogNotWritten(ILogger logger, string path, Exception exception);
}
