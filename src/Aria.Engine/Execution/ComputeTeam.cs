using Aria.Engine.Kernels;
using Aria.Engine.Numerics;

namespace Aria.Engine.Execution;

/// <summary>Work that every member of a team does its share of; members meet at <see cref="ComputeTeam.Meet"/>. Must not throw.</summary>
internal interface ITeamWork
{
    void Run(int member);
}

/// <summary>
/// Persistent threads that compute one piece of work at a time together with the caller, who is member 0. Between pieces they sleep; within one they meet
/// at barriers that spin. Running allocates nothing. Every member's floating-point mode is looked at before it works.
/// </summary>
internal sealed class ComputeTeam : IDisposable
{
    private const int NoMember = -1;

    private readonly SemaphoreSlim[] _calls;
    private readonly NativeTable? _native;
    private ITeamWork? _work;
    private int _unfit = NoMember;
    private int _arrived;
    private int _meeting;
    private bool _stopped;

    public ComputeTeam(int members)
        : this(members, NativeLibraryTable.Best)
    {
    }

    /// <param name="members">The caller included.</param>
    /// <param name="native">What can set a floating-point mode right; null: nothing can.</param>
    public ComputeTeam(int members, NativeTable? native)
    {
        (Count, _native) = (members, native);
        _calls = new SemaphoreSlim[members - 1];
        for (int i = 0; i < _calls.Length; i++)
        {
            _calls[i] = new(0);
            int member = i + 1;
            new Thread(() => Serve(member)) { IsBackground = true, Name = $"aria compute {member}" }.Start();
        }
    }

    /// <summary>Members, the caller included.</summary>
    public int Count { get; }

    /// <summary>Runs <paramref name="work"/> on every member and returns when all have ended.</summary>
    /// <exception cref="FloatEnvironmentException">A member does not compute as IEEE-754 says; what the work wrote means nothing.</exception>
    public void Run(ITeamWork work)
    {
        if (Count > 1)
        {
            Volatile.Write(ref _work, work);
            foreach (SemaphoreSlim call in _calls)
            {
                call.Release();
            }
        }

        Do(work, 0);
        if (_unfit != NoMember)
        {
            int member = Interlocked.Exchange(ref _unfit, NoMember);
            throw new FloatEnvironmentException(member == 0 ? "calling thread" : $"compute thread {member}");
        }
    }

    /// <summary>Sees to it that the calling thread computes as IEEE-754 says.</summary>
    /// <exception cref="FloatEnvironmentException">It does not.</exception>
    public void CheckCaller()
    {
        if (!FloatEnvironment.TryRestore(_native))
        {
            throw new FloatEnvironmentException("calling thread");
        }
    }

    /// <summary>Returns when every member has called it; what each wrote before is seen by all after.</summary>
    public void Meet()
    {
        if (Count == 1)
        {
            return;
        }

        int meeting = Volatile.Read(ref _meeting);
        if (Interlocked.Increment(ref _arrived) == Count)
        {
            Volatile.Write(ref _arrived, 0);
            Volatile.Write(ref _meeting, meeting + 1);
            return;
        }

        SpinWait spin = default;
        while (Volatile.Read(ref _meeting) == meeting)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    /// <summary>The part of <paramref name="items"/> that falls to a member, in multiples of <paramref name="grain"/>.</summary>
    public (int Start, int End) Share(int items, int member, int grain)
    {
        int grains = (items + grain - 1) / grain;
        int start = (int)((long)grains * member / Count) * grain;
        int end = (int)((long)grains * (member + 1) / Count) * grain;
        return (Math.Min(start, items), Math.Min(end, items));
    }

    public void Dispose()
    {
        _stopped = true;
        foreach (SemaphoreSlim call in _calls)
        {
            call.Release();
        }
    }

    private void Serve(int member)
    {
        while (true)
        {
            _calls[member - 1].Wait();
            if (_stopped)
            {
                return;
            }

            Do(Volatile.Read(ref _work)!, member);
        }
    }

    private void Do(ITeamWork work, int member)
    {
        if (!FloatEnvironment.TryRestore(_native))
        {
            Volatile.Write(ref _unfit, member);
        }

        work.Run(member);
        Meet();
    }
}
