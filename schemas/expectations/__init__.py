"""What is expected of deliveries and publications: acceptance checks, outlier measures, quality dimensions, privacy levels."""
