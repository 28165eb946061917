namespace Aria.Libp2p.PubSub.Scoring;

/// <summary>What one peer did in one topic: the counters of P1 to P4.</summary>
internal sealed class TopicConduct(TopicScoreOptions options)
{
    private TimeSpan _meshSince;
    private TimeSpan _inMesh;
    private double _first;
    private double _mesh;
    private double _failures;
    private double _invalid;
    private bool _isActive;

    public bool IsInMesh { get; private set; }

    public double InvalidDeliveries => _invalid;

    public double Score
    {
        get
        {
            double p1 = IsInMesh ? Math.Min(_inMesh / options.TimeInMeshQuantum, options.TimeInMeshCap) * options.TimeInMeshWeight : 0;
            double p2 = _first * options.FirstDeliveriesWeight;
            double p3 = Deficit * Deficit * options.MeshDeliveriesWeight;
            double p3b = _failures * options.MeshFailureWeight;
            double p4 = _invalid * _invalid * options.InvalidDeliveriesWeight;
            return (p1 + p2 + p3 + p3b + p4) * options.Weight;
        }
    }

    private double Deficit => IsInMesh && _isActive ? Math.Max(0, options.MeshDeliveriesThreshold - _mesh) : 0;

    public void Grafted(TimeSpan now)
    {
        IsInMesh = true;
        _isActive = false;
        _meshSince = now;
        _inMesh = TimeSpan.Zero;
        _mesh = 0;
    }

    /// <summary>The deficit stays as a failure, so that a peer does not shake it off by leaving.</summary>
    public void Pruned()
    {
        _failures += Deficit * Deficit;
        IsInMesh = false;
    }

    public void Disconnected()
    {
        Pruned();
        _first = 0;
    }

    public void DeliveredFirst()
    {
        _first = Math.Min(_first + 1, options.FirstDeliveriesCap);
        DeliveredInMesh();
    }

    /// <summary>Another copy; <paramref name="sinceValidated"/> is null where the message was still being validated.</summary>
    public void DeliveredAgain(TimeSpan? sinceValidated)
    {
        if (sinceValidated is null || sinceValidated <= options.MeshDeliveriesWindow)
        {
            DeliveredInMesh();
        }
    }

    public void DeliveredInvalid() => _invalid++;

    public void Decay(TimeSpan now, double toZero)
    {
        _first = Decayed(_first, options.FirstDeliveriesDecay, toZero);
        _mesh = Decayed(_mesh, options.MeshDeliveriesDecay, toZero);
        _failures = Decayed(_failures, options.MeshFailureDecay, toZero);
        _invalid = Decayed(_invalid, options.InvalidDeliveriesDecay, toZero);
        if (IsInMesh)
        {
            _inMesh = now - _meshSince;
            _isActive |= _inMesh > options.MeshDeliveriesActivation;
        }
    }

    public static double Decayed(double counter, double decay, double toZero) => counter * decay < toZero ? 0 : counter * decay;

    private void DeliveredInMesh()
    {
        if (IsInMesh)
        {
            _mesh = Math.Min(_mesh + 1, options.MeshDeliveriesCap);
        }
    }
}
