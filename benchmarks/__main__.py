"""Run every benchmark: `make bench`."""

from benchmarks import memory, monitoring, reading, threads

if __name__ == "__main__":
    reading.main()
    monitoring.main()
    threads.main()
    memory.main()
