namespace Aria.Gateway.Generation;

/// <summary>Generations of this gateway: those that have a pipeline, and those that wait for their turn or for one.</summary>
internal sealed class GenerationCount
{
    private int _present;
    private int _started;

    public int Running => Volatile.Read(ref _started);

    public int Waiting => Math.Max(0, Volatile.Read(ref _present) - Running);

    /// <summary>Counts a request from here to its disposal.</summary>
    public Entry Enter()
    {
        Interlocked.Increment(ref _present);
        return new(this);
    }

    internal sealed class Entry(GenerationCount count) : IDisposable
    {
        private bool _started;

        public void Started()
        {
            _started = true;
            Interlocked.Increment(ref count._started);
        }

        public void Dispose()
        {
            if (_started)
            {
                Interlocked.Decrement(ref count._started);
            }

            Interlocked.Decrement(ref count._present);
        }
    }
}
