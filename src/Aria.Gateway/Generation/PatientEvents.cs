namespace Aria.Gateway.Generation;

/// <summary>
/// Events of an enumeration that may be long in coming: waiting for the next one can be interrupted and taken up again. Disposing ends
/// the enumeration, also while the next event is still awaited.
/// </summary>
/// <param name="source">Must end when its token is cancelled.</param>
/// <param name="time">Measures the patience.</param>
/// <param name="cancellationToken">Ends the enumeration.</param>
internal sealed class PatientEvents<T>(IAsyncEnumerable<T> source, TimeProvider time, CancellationToken cancellationToken) : IAsyncDisposable
    where T : class
{
    private readonly CancellationTokenSource _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private IAsyncEnumerator<T>? _events;
    private Task<bool>? _next;

    /// <summary>Whether the enumeration is over.</summary>
    public bool Ended { get; private set; }

    /// <summary>The next event; null when none came within <paramref name="patience"/>, or when <see cref="Ended"/>.</summary>
    public async ValueTask<T?> NextAsync(TimeSpan patience)
    {
        _events ??= source.GetAsyncEnumerator(_ending.Token);
        Task<bool> next = _next ??= _events.MoveNextAsync().AsTask();
        if (!next.IsCompleted)
        {
            try
            {
                await next.WaitAsync(patience, time, CancellationToken.None);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                return null;
            }
        }

        _next = null;
        if (await next)
        {
            return _events.Current;
        }

        Ended = true;
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        if (_next is { } next)
        {
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_events is not null)
        {
            await _events.DisposeAsync();
        }

        _ending.Dispose();
    }
}
