using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aria.Scheduling;
using Microsoft.Extensions.Logging;

namespace Aria.Node.Generation;

/// <summary>
/// Generates text over the network's pipelines and leaves a record of each generation (specs/node.md §2). Safe to use from many threads.
/// </summary>
public sealed class TextGenerator : IAsyncDisposable
{
    private const int MaxEventsAhead = 16;      // of whoever reads them

    private readonly GenerationParts _parts;
    private readonly GenerationOptions _options;
    private readonly GenerationSlots _slots;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new(), _lifetime = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _jobs = [];

    internal TextGenerator(GenerationParts parts, GenerationOptions options, TimeProvider time, ILogger<TextGenerator> logger)
    {
        (_parts, _options, _time, _logger) = (parts, options, time, logger);
        _slots = new(options.MaxRunning, options.MaxWaiting);
    }

    /// <summary>Called with each token, counted from 1, before it is released; the generation waits for it.</summary>
    public Func<JobId, int, PipelinePlan, ValueTask>? BeforeRelease { get; set; }

    /// <summary>Called when a generation has ended, however it did.</summary>
    public Action<JobId>? Ended { get; set; }

    /// <summary>Generations that run or wait.</summary>
    public int Present => _slots.Present;

    /// <summary>
    /// Generates. The enumeration begins when a pipeline stands; leaving it, or cancelling, aborts the generation, whose record then says so.
    /// </summary>
    /// <exception cref="ArgumentException">At once: the request cannot be served by any network.</exception>
    /// <exception cref="QueueFullException">While enumerating, before the first event: too many generations run and wait.</exception>
    /// <exception cref="NoRouteException">While enumerating: layers that nobody serves.</exception>
    /// <exception cref="GenerationFailedException">While enumerating: attempts failed, nodes are busy, or the time is up.</exception>
    /// <exception cref="Aria.Ledger.LedgerStoppedException">While enumerating, before the first event: this node's log takes no records.</exception>
    public IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Check();
        return EventsAsync(request, cancellationToken);
    }

    /// <summary>Takes no more generations, ends those that run as cancelled, and waits, within a bound, until they are recorded.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task all;
        lock (_lock)
        {
            all = Task.WhenAll(_jobs);
        }

        await Task.WhenAny(all, Task.Delay(_options.StopTimeout, _time));
        await _lifetime.CancelAsync();
        await all;
        _slots.Dispose();
        _stopping.Dispose();
        _lifetime.Dispose();
    }

    private async IAsyncEnumerable<GenerationEvent> EventsAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_parts.Ledger.Stopped is { } stopped)
        {
            throw stopped;
        }

        CancellationTokenSource client = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        IDisposable slot;
        try
        {
            slot = await _slots.EnterAsync(client.Token);
        }
        catch
        {
            client.Dispose();
            throw;
        }

        Channel<GenerationEvent> events = Channel.CreateBounded<GenerationEvent>(new BoundedChannelOptions(MaxEventsAhead) { SingleReader = true, SingleWriter = true });
        Track(RunAsync(new(_parts, _options, request, events.Writer, BeforeRelease, _time, _logger, _lifetime.Token), slot, client));
        try
        {
            await foreach (GenerationEvent next in events.Reader.ReadAllAsync(cancellationToken))
            {
                yield return next;
            }
        }
        finally
        {
            Abandon(client);
        }
    }

    // Done when the record stands in every log that takes it.
    private async Task RunAsync(GenerationJob job, IDisposable slot, CancellationTokenSource client)
    {
        await Task.Yield();
        using (client)
        using (slot)
        {
            await job.RunAsync(client.Token);
            Ended?.Invoke(job.Id);
        }

        await job.Recording;
    }

    private static void Abandon(CancellationTokenSource client)
    {
        try
        {
            client.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // it had ended
        }
    }

    private void Track(Task job)
    {
        lock (_lock)
        {
            _jobs.Add(job);
        }

        _ = job.ContinueWith(
            ended =>
            {
                lock (_lock)
                {
                    _jobs.Remove(ended);
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
