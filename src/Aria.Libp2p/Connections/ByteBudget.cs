namespace Aria.Libp2p.Connections;

/// <summary>Bytes that many may hold together, never more than <paramref name="maxBytes"/>. From any thread.</summary>
internal sealed class ByteBudget(long maxBytes)
{
    private long _held;

    public long HeldBytes => Interlocked.Read(ref _held);

    /// <summary>Takes so many bytes, or none and false where that would be too many.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= maxBytes)
        {
            return true;
        }

        Interlocked.Add(ref _held, -bytes);
        return false;
    }

    public void GiveBack(long bytes) => Interlocked.Add(ref _held, -bytes);
}
