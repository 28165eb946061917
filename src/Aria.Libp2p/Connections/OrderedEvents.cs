using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.Connections;

/// <summary>Raises events one after the other, in the order in which they happened, never on the thread or under the lock of whoever noticed.</summary>
internal sealed partial class OrderedEvents : IAsyncDisposable
{
    private readonly Channel<Action> _waiting = Channel.CreateUnbounded<Action>(new() { SingleReader = true }); // as many as connections come and go
    private readonly ILogger _logger;
    private readonly Task _loop;

    public OrderedEvents(ILogger logger)
    {
        _logger = logger;
        _loop = Task.Run(RaiseAsync);
    }

    public void Raise(Action action) => _waiting.Writer.TryWrite(action);

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private async Task RaiseAsync()
    {
        await foreach (Action action in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                LogSubscriberFailed(_logger, exception);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A subscriber to a peer's events failed")]
    private static partial void LogSubscriberFailed(ILogger logger, Exception exception);
}
