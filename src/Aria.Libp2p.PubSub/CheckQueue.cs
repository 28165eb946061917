using System.Threading.Channels;
using Aria.Libp2p.PubSub.Routing;

namespace Aria.Libp2p.PubSub;

/// <summary>A message that waits for its check, and the places that it holds one of.</summary>
internal readonly record struct WaitingCheck(Arrival Arrival, CheckPlaces Places);

/// <summary>
/// The messages that wait for their checks: of each stream only so many, and then its reader waits, so that one peer cannot fill the queue; of all together only so many,
/// and then more are refused.
/// </summary>
internal sealed class CheckQueue(int max, int maxPerPeer)
{
    private readonly Channel<WaitingCheck> _waiting = Channel.CreateBounded<WaitingCheck>(max);

    public CheckPlaces PlacesOfPeer() => new(maxPerPeer);

    public async ValueTask<bool> TryAddAsync(Arrival arrival, CheckPlaces places, CancellationToken cancellationToken)
    {
        await places.TakeAsync(cancellationToken).ConfigureAwait(false);
        if (_waiting.Writer.TryWrite(new(arrival, places)))
        {
            return true;
        }

        places.GiveBack();
        return false;
    }

    public IAsyncEnumerable<WaitingCheck> ReadAllAsync(CancellationToken cancellationToken) => _waiting.Reader.ReadAllAsync(cancellationToken);
}

/// <summary>How many of one stream's messages may wait.</summary>
internal sealed class CheckPlaces(int max)
{
    private readonly Channel<bool> _taken = Channel.CreateBounded<bool>(max);

    public ValueTask TakeAsync(CancellationToken cancellationToken) => _taken.Writer.WriteAsync(true, cancellationToken);

    public void GiveBack() => _taken.Reader.TryRead(out _);
}
