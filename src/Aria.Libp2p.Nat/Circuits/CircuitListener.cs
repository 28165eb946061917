using System.Threading.Channels;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>A reservation at one relay, kept fresh, and the circuits that come through it. It ends with the reservation.</summary>
internal sealed class CircuitListener : ITransportListener
{
    private readonly Channel<TransportConnection> _waiting;
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _refreshing;
    private readonly Action<CircuitListener> _onEnd;

    /// <summary>Keeps the reservation by <paramref name="refreshAsync"/>, which runs until it fails or is cancelled.</summary>
    public CircuitListener(PeerId relay, IReadOnlyList<Multiaddress> addresses, int maxWaiting, Func<CancellationToken, Task> refreshAsync, Action<CircuitListener> onEnd)
    {
        Relay = relay;
        Addresses = addresses;
        _waiting = Channel.CreateBounded<TransportConnection>(maxWaiting);
        _onEnd = onEnd;
        _refreshing = Task.Run(() => RefreshAsync(refreshAsync));
    }

    public PeerId Relay { get; }

    public IReadOnlyList<Multiaddress> Addresses { get; }

    /// <summary>Completes once the reservation is gone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>False where the listener has ended or too many circuits wait.</summary>
    public bool TryEnqueue(TransportConnection connection) => _waiting.Writer.TryWrite(connection);

    public async ValueTask<TransportConnection?> AcceptAsync(CancellationToken cancellationToken)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_waiting.Reader.TryRead(out TransportConnection? connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>The reservation is gone: nothing more is accepted. Circuits that were accepted live on.</summary>
    public void End()
    {
        _waiting.Writer.TryComplete();
        _end.Cancel();
        _onEnd(this);
        _ended.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        End();
        await _refreshing.ConfigureAwait(false);
        while (_waiting.Reader.TryRead(out TransportConnection? connection))
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RefreshAsync(Func<CancellationToken, Task> refreshAsync)
    {
        try
        {
            await refreshAsync(_end.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is Libp2pException or OperationCanceledException)
        {
            // Refused, lost or no longer wanted.
        }

        End();
    }
}
