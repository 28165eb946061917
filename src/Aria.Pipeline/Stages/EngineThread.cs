using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using Aria.Engine.Execution;

namespace Aria.Pipeline.Stages;

/// <summary>
/// The one thread that calls a span's engine. Sessions' steps wait in order of arrival; each session has at most one there, so the queue is
/// bounded by the number of sessions. Computing keeps no thread of the pool, on which the streams live.
/// </summary>
internal sealed class EngineThread : IDisposable
{
    private readonly BlockingCollection<EngineWork> _queue;
    private readonly Thread _thread;

    /// <summary>Starts the thread. It does not own <paramref name="engine"/>.</summary>
    public EngineThread(SpanEngine engine, int capacity)
    {
        Engine = engine;
        _queue = new(capacity);
        _thread = new(Work) { IsBackground = true, Name = $"engine {engine.Span}" };
        _thread.Start();
    }

    public SpanEngine Engine { get; }

    /// <summary>Runs <paramref name="work"/> on the thread; fails as the work does. One call at a time for the same work.</summary>
    /// <exception cref="InvalidOperationException">The thread has ended.</exception>
    public ValueTask RunAsync(EngineWork work)
    {
        ValueTask done = work.Begin();
        _queue.Add(work);
        return done;
    }

    /// <summary>Runs what is queued, then ends the thread.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Work()
    {
        foreach (EngineWork work in _queue.GetConsumingEnumerable())
        {
            work.Execute(Engine);
        }
    }
}

/// <summary>A step that runs on an <see cref="EngineThread"/>, used again and again.</summary>
internal abstract class EngineWork : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };

    public ValueTask Begin()
    {
        _done.Reset();
        return new(this, _done.Version);
    }

    public void Execute(SpanEngine engine)
    {
        try
        {
            Run(engine);
        }
        catch (Exception failure)
        {
            _done.SetException(failure);
            return;
        }

        _done.SetResult(true);
    }

    public void GetResult(short token) => _done.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _done.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);

    protected abstract void Run(SpanEngine engine);
}
