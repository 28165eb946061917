using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Connections;

/// <summary>A stream whose protocol is agreed, in the hands of its handler.</summary>
internal static partial class InboundStream
{
    /// <summary>Runs the handler; closes the stream when it returns and resets it when it throws. Returns what the remote end did where it broke the stream's protocol.</summary>
    public static async Task<ProtocolViolationException?> HandleAsync(PeerStream stream, StreamHandler handler, ILogger logger, CancellationToken stop)
    {
        try
        {
            await handler(stream, stop).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            stream.Reset();
            if (exception is not (Libp2pException or OperationCanceledException))
            {
                LogHandlerFailed(logger, stream.Protocol, stream.RemotePeer, exception);
            }

            return exception as ProtocolViolationException;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The handler of {Protocol} failed on a stream from {Peer}; the stream was reset")]
    private static partial void LogHandlerFailed(ILogger logger, string protocol, PeerId peer, Exception exception);
}
